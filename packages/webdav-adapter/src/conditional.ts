import type { Entry } from '@newsreel/core';
import type { RequestHeaders } from './hooks.js';

/** Whether to go on, or what to answer instead. */
export type Verdict = 'proceed' | 'not-modified' | 'precondition-failed';

/** What identifies the bytes of a file in headers. */
export interface Validators {
  /** Strong entity tag, quoted. */
  readonly etag: string;
  /** `Last-Modified`, absent when the catalog knows no sensible date. */
  readonly lastModified: string | undefined;
  /** The same in whole seconds since 1970. */
  readonly modifiedSeconds: number | undefined;
}

/** The validators of a file. A date in the future is shown as now (RFC 9110 section 8.8.2.1). */
export function validatorsOf(entry: Entry, nowMs: number): Validators {
  const seconds = secondsOf(Math.min(entry.modifiedMs, nowMs));
  return {
    etag: quoteEtag(entry.etag),
    lastModified: seconds === undefined ? undefined : new Date(seconds * 1000).toUTCString(),
    modifiedSeconds: seconds,
  };
}

/** When an entry was modified, in whole seconds; `undefined` when a date cannot show it. */
export function secondsOf(modifiedMs: number): number | undefined {
  // Four-digit years only: the header formats know no others.
  return modifiedMs >= 0 && modifiedMs < 253_402_300_800_000 ? Math.floor(modifiedMs / 1000) : undefined;
}

/** Quotes an entity tag; characters RFC 9110 section 8.8.3 does not allow are percent-encoded. */
export function quoteEtag(etag: string): string {
  return /^[\x21\x23-\x7e]*$/.test(etag) ? `"${etag}"` : `"${encodeURIComponent(etag.replace(/\p{Cs}/gu, '_'))}"`;
}

/** Weighs the preconditions in the order of RFC 9110 section 13.2.2, for GET and HEAD. */
export function weigh(headers: RequestHeaders, validators: Validators): Verdict {
  const match = headers.get('if-match');
  if (match !== undefined) {
    if (!listed(match, validators.etag, 'strong')) return 'precondition-failed';
  } else if (modifiedAfter(headers.get('if-unmodified-since'), validators) === true) return 'precondition-failed';
  const noneMatch = headers.get('if-none-match');
  if (noneMatch !== undefined) return listed(noneMatch, validators.etag, 'weak') ? 'not-modified' : 'proceed';
  return modifiedAfter(headers.get('if-modified-since'), validators) === false ? 'not-modified' : 'proceed';
}

/**
 * Whether a Range header still applies (RFC 9110 section 13.1.5): the tag is compared strongly; a date must be the same
 * second and at least one second old, otherwise it is no strong validator.
 */
export function rangeApplies(ifRange: string | undefined, validators: Validators, nowMs: number): boolean {
  if (ifRange === undefined) return true;
  const condition = ifRange.trim();
  if (condition.startsWith('"') || condition.startsWith('W/')) return condition === validators.etag;
  const seconds = parseHttpDate(condition);
  return seconds !== undefined && seconds === validators.modifiedSeconds && nowMs - seconds * 1000 >= 1000;
}

function listed(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true;
  for (const [, weak, tag] of header.matchAll(/(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g)) {
    if (tag === etag && (weak === undefined || comparison === 'weak')) return true;
  }
  return false;
}

function modifiedAfter(header: string | undefined, validators: Validators): boolean | undefined {
  const seconds = header === undefined ? undefined : parseHttpDate(header.trim());
  if (seconds === undefined || validators.modifiedSeconds === undefined) return undefined;
  return validators.modifiedSeconds > seconds;
}

const dateShape =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT|[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d [\d:]{8} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4})$/;

/** The three date formats of RFC 9110 section 5.6.7, in seconds since 1970; anything else is no date. */
export function parseHttpDate(text: string): number | undefined {
  if (!dateShape.test(text)) return undefined;
  const milliseconds = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}
