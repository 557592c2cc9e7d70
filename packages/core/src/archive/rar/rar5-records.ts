import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { unsupported } from '../refusals.js';
import { windowsTimeMs } from '../times.js';
import type { Fields } from './fields.js';
import type { Rar5Lock } from './passwords.js';

/** RAR 5.0 archive format, "Extra area of file and service headers". */
const recordType = { encryption: 1, hash: 2, time: 3, version: 4, redirection: 5 };
const timeFlag = { unix: 0x01, modified: 0x02, created: 0x04, accessed: 0x08, nanoseconds: 0x10 };
const lockFlag = { check: 0x01, keyedChecksums: 0x02 };
const saltBytes = 16;
const ivBytes = 16;
const checkBytes = 8;
const checkSumBytes = 4;
const blake2Bytes = 32;
/** A header has no reason for more. */
const mostRecords = 100;

/** How the data of a member is encrypted, as its header says. */
export interface Rar5FileLock extends Rar5Lock {
  readonly iv: Uint8Array;
  /** Checksums are keyed by the password and tell nothing without it. */
  readonly hasKeyedChecksums: boolean;
}

/** Where a member points to: unix link, Windows link, junction, hard link, copy of a file. */
export interface Redirection {
  readonly type: number;
  /** Bytes of the path. */
  readonly path: Uint8Array;
  /** Where they begin in the header. */
  readonly at: number;
}

/** What the records behind a file header say. */
export interface FileRecords {
  lock?: Rar5FileLock;
  blake2?: Uint8Array;
  modifiedMs?: number;
  version?: number;
  redirection?: Redirection;
}

/** The records behind a file header; unknown ones are skipped. @throws ArchiveUnsupportedError */
export function fileRecords(extra: Fields): FileRecords {
  const records: FileRecords = {};
  for (let count = 0; extra.left > 0 && count < mostRecords; count++) {
    const record = extra.inner(extra.vint());
    readRecord(records, record.vint(), record);
  }
  return records;
}

function readRecord(records: FileRecords, type: number, fields: Fields): void {
  if (type === recordType.encryption) {
    const version = fields.vint();
    if (version !== 0) throw unsupported('rar5', `Encryption of version ${version} is not known`);
    const flags = fields.vint();
    records.lock = fileLock(flags, fields);
  } else if (type === recordType.hash) {
    if (fields.vint() === 0) records.blake2 = fields.bytes(blake2Bytes).slice();
  } else if (type === recordType.time) {
    const modifiedMs = modifiedTime(fields);
    if (modifiedMs !== undefined) records.modifiedMs = modifiedMs;
  } else if (type === recordType.version) {
    fields.vint();
    records.version = fields.vint();
  } else if (type === recordType.redirection) {
    const kind = fields.vint();
    fields.vint();
    const length = fields.vint();
    const at = fields.at;
    records.redirection = { type: kind, path: fields.bytes(length), at };
  }
}

function fileLock(flags: number, fields: Fields): Rar5FileLock {
  const log2Count = fields.u8();
  const salt = fields.bytes(saltBytes).slice();
  const iv = fields.bytes(ivBytes).slice();
  const check = flags & lockFlag.check ? checkValue(fields) : undefined;
  return { log2Count, salt, iv, check, hasKeyedChecksums: (flags & lockFlag.keyedChecksums) !== 0 };
}

/** The lock of the headers (RAR 5.0 archive format, "Archive encryption header"). */
export function headerLock(fields: Fields): Rar5Lock {
  const version = fields.vint();
  if (version !== 0) throw unsupported('rar5', `Encryption of version ${version} is not known`);
  const flags = fields.vint();
  const log2Count = fields.u8();
  const salt = fields.bytes(saltBytes).slice();
  return { log2Count, salt, check: flags & lockFlag.check ? checkValue(fields) : undefined };
}

/** What a password is compared with; `undefined` when the sum of the value itself is wrong. */
function checkValue(fields: Fields): Uint8Array | undefined {
  const check = fields.bytes(checkBytes).slice();
  const sum = fields.bytes(checkSumBytes);
  const right = createHash('sha256').update(check).digest().subarray(0, checkSumBytes);
  return Buffer.compare(right, sum) === 0 ? check : undefined;
}

function modifiedTime(fields: Fields): number | undefined {
  const flags = fields.vint();
  if ((flags & timeFlag.modified) === 0) return undefined;
  if ((flags & timeFlag.unix) === 0) return windowsTimeMs(fields.u64());
  const seconds = fields.u32();
  if ((flags & timeFlag.nanoseconds) === 0) return seconds * 1000;
  // The parts of seconds follow behind all times, in the same order.
  for (const other of [timeFlag.created, timeFlag.accessed]) if (flags & other) fields.u32();
  return seconds * 1000 + Math.floor((fields.u32() & 0x3fffffff) / 1_000_000);
}
