import type { ByteRange } from '../model/common.js';
import { NewsreelError, type NewsreelErrorInit } from './newsreel-error.js';

/** The bytes given are not a usable NZB. */
export class NzbInvalidError extends NewsreelError {
  readonly code = 'ERR_NZB_INVALID';
  readonly retryable = false;
  /** Line of the NZB, counted from 1, when known. */
  readonly line?: number | undefined;

  constructor(init: NewsreelErrorInit & { message: string; line?: number | undefined }) {
    super(init.line === undefined ? init.message : `${init.message} (line ${init.line})`, init);
    this.line = init.line;
  }
}

/** A range is not inside the file. */
export class RangeInvalidError extends NewsreelError {
  readonly code = 'ERR_RANGE_INVALID';
  readonly retryable = false;
  /** What was asked for. */
  readonly range: ByteRange;
  /** Size of the file in bytes. */
  readonly size: number;

  constructor(init: NewsreelErrorInit & { range: ByteRange; size: number }) {
    super(`Range [${init.range.start}, ${init.range.end}) is not inside a file of ${init.size} bytes`, init);
    this.range = init.range;
    this.size = init.size;
  }
}

/** One thing wrong with options. */
export interface ConfigIssue {
  /** Where, as `providers[0].port`; empty for the whole. */
  readonly path: string;
  /** What is wrong, in words. */
  readonly message: string;
}

/** Options are not usable. Every issue is listed, not just the first. */
export class ConfigInvalidError extends NewsreelError {
  readonly code = 'ERR_CONFIG_INVALID';
  readonly retryable = false;
  /** Everything that is wrong. */
  readonly issues: readonly ConfigIssue[];

  constructor(init: NewsreelErrorInit & { what: string; issues: readonly ConfigIssue[] }) {
    const lines = init.issues.map((issue) => (issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`));
    super(`Invalid ${init.what}: ${lines.join('; ')}`, init);
    this.issues = init.issues;
  }
}
