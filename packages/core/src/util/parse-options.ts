import type { z } from 'zod';
import { ConfigInvalidError } from '../errors/index.js';

/**
 * Validates options with a zod schema and turns its complaints into one {@link ConfigInvalidError} that lists them all.
 * zod itself never shows in a public type.
 */
export function parseOptions<T>(what: string, schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ path: pathOf(issue.path), message: issue.message }));
  throw new ConfigInvalidError({ what, issues });
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
