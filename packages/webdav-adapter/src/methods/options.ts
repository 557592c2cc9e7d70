import type { Call, DavResponse } from '../call.js';
import { allowed } from '../verbs.js';

/** Says what this server can do (RFC 4918 section 10.1). The same for every path, so nothing is looked up. */
export async function options({ options }: Call): Promise<DavResponse> {
  return {
    status: 200,
    headers: {
      Allow: allowed(options),
      DAV: options.locks ? '1, 2' : '1',
      // Without it Windows speaks FrontPage first.
      'MS-Author-Via': 'DAV',
      'Accept-Ranges': 'bytes',
    },
  };
}
