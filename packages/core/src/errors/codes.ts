/**
 * Every code a Newsreel error can carry. The list is closed: adapters answer each code in a total table, so a new one
 * does not compile until every edge has an answer.
 */
export const errorCodes = [
  'ERR_ARTICLE_MISSING',
  'ERR_ARTICLE_CORRUPT',
  'ERR_PROVIDER_UNAVAILABLE',
  'ERR_PROVIDER_AUTH',
  'ERR_TIMEOUT',
  'ERR_QUOTA',
  'ERR_NZB_INVALID',
  'ERR_ARCHIVE_UNSUPPORTED',
  'ERR_PASSWORD',
  'ERR_FILE_NOT_FOUND',
  'ERR_RANGE_INVALID',
  'ERR_CONFIG_INVALID',
  'ERR_FILE_CHANGED',
  'ERR_LAYOUT_UNKNOWN',
  'ERR_LISTEN',
  'ERR_MOUNT_UNAVAILABLE',
  'ERR_ACCESS',
  'ERR_CLOSED',
] as const;

/** One of the closed list of error codes. */
export type ErrorCode = (typeof errorCodes)[number];
