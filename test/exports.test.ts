import * as fuseAdapter from '@newsreel/fuse-adapter';
import * as metrics from '@newsreel/metrics';
import * as nntp from '@newsreel/nntp';
import * as nntpTesting from '@newsreel/nntp/testing';
import * as webdav from '@newsreel/webdav-adapter';
import { describe, expect, it } from 'vitest';

/** The public names of the plug-in packages: a change here is a change users notice. */
describe('public names', () => {
  it.each([
    ['@newsreel/nntp', nntp, ['NntpProvider', 'decodeYenc', 'nntp', 'openConnection']],
    [
      '@newsreel/nntp/testing',
      nntpTesting,
      ['buildNzb', 'deterministicContent', 'encodeYencPart', 'startNewsServer', 'testCertificates'],
    ],
    ['@newsreel/webdav-adapter', webdav, ['webdav']],
    ['@newsreel/fuse-adapter', fuseAdapter, ['fuse']],
    ['@newsreel/metrics', metrics, ['prometheus']],
  ])('%s', (_name, exported, names) => {
    expect(Object.keys(exported).sort()).toEqual(names);
  });
});
