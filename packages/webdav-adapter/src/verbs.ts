/** The verbs that work without locks. */
export const readingVerbs = ['OPTIONS', 'GET', 'HEAD', 'PROPFIND'] as const;
/** The verbs that come with pretended locks. */
export const lockingVerbs = ['LOCK', 'UNLOCK'] as const;

/** Verbs that mean something elsewhere and are refused here: this view is read-only. */
export const refusedVerbs: ReadonlySet<string> = new Set(
  'PUT DELETE MKCOL PROPPATCH MOVE COPY POST PATCH LOCK UNLOCK TRACE CONNECT SEARCH REPORT MKCALENDAR ACL BIND'.split(
    ' ',
  ),
);

/** One of the verbs that work. */
export type Verb = (typeof readingVerbs)[number] | (typeof lockingVerbs)[number];

/** The verbs that work, for `Allow`. */
export function allowed(options: { readonly locks: boolean }): string {
  return [...readingVerbs, ...(options.locks ? lockingVerbs : [])].join(', ');
}
