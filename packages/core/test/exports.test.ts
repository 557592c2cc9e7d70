import { describe, expect, it } from 'vitest';
import * as main from '../src/index.js';
import * as plugin from '../src/plugin.js';
import * as testing from '../src/testing.js';

/** Adding a name is a promise to keep it; removing one breaks somebody. Both are to be done on purpose, here. */
describe('public names', () => {
  it('of @newsreel/core', () => {
    expect(Object.keys(main).sort()).toEqual([
      'AccessError',
      'ArchiveUnsupportedError',
      'ArticleCorruptError',
      'ArticleMissingError',
      'ClosedError',
      'ConfigInvalidError',
      'FileChangedError',
      'FileNotFoundError',
      'LayoutUnknownError',
      'ListenError',
      'MountUnavailableError',
      'NewsreelError',
      'NzbInvalidError',
      'PasswordError',
      'ProviderAuthError',
      'ProviderUnavailableError',
      'QuotaError',
      'RangeInvalidError',
      'TimeoutError',
      'adaptive',
      'concat',
      'consoleLogger',
      'createEngine',
      'disk',
      'download',
      'errorCodes',
      'fixed',
      'hasCode',
      'off',
      'parseNzb',
      'presets',
      'readNzb',
      'silentLogger',
      'slice',
      'toReadable',
      'toWebStream',
    ]);
  });

  it('of @newsreel/core/plugin', () => {
    expect(Object.keys(plugin).sort()).toEqual([
      'abortable',
      'closeAll',
      'closeOnce',
      'crc32Combine',
      'crc32Joiner',
      'createByteLedger',
      'createLease',
      'createLeaseCounter',
      'createRateMeter',
      'guardListen',
      'isHostAllowed',
      'isLoopback',
      'isMessageId',
      'isSameSecret',
      'leasedArticle',
      'onAbort',
      'parseOptions',
      'subLease',
      'systemClock',
      'throwIfAborted',
      'wrapSource',
    ]);
  });

  it('of @newsreel/core/testing', () => {
    expect(Object.keys(testing).sort()).toEqual([
      'adapterHost',
      'adapterSuite',
      'articleSourceSuite',
      'byteSourceSuite',
      'catalogSuite',
      'deterministicBytes',
      'healthSuite',
      'makeRelease',
      'manualClock',
      'memoryCatalog',
      'memoryFile',
      'memoryProvider',
      'nzbText',
      'providerSuite',
      'segmentCacheSuite',
    ]);
  });

  it('has a class for every error code and no other', () => {
    const classes = Object.values(main).filter(
      (value) => typeof value === 'function' && value.prototype instanceof main.NewsreelError,
    );
    expect(classes).toHaveLength(main.errorCodes.length);
  });
});
