import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRequest } from '../../src/protocol/decode.js';
import { encodeRequest } from '../kernel-messages.js';
import { anyRequest } from './any-request.js';

describe('decodeRequest', () => {
  it('understands every request the kernel can write', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(decodeRequest(encodeRequest(request))).toEqual(request);
      }),
      { numRuns: 2000 },
    );
  });
});
