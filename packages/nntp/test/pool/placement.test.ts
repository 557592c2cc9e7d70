import { describe, expect, it } from 'vitest';
import {
  bulkConnections,
  type Candidate,
  choosePlace,
  chooseRefuge,
  type PlacementView,
} from '../../src/pool/placement.js';

interface Named extends Candidate {
  readonly name: string;
}

const candidate = (name: string, changes: Partial<Candidate> = {}): Named => ({
  ...{ name, state: 'open', bodies: 0, sweeps: 0, playback: false, bulk: false, outstandingBytes: 0, ageMs: 0 },
  awaitedSinceMs: Number.POSITIVE_INFINITY,
  ...changes,
});

const view = (candidates: Named[], changes: Partial<PlacementView<Named>> = {}): PlacementView<Named> => ({
  ...{
    candidates,
    mayDial: false,
    limit: 10,
    depth: 2,
    nowMs: 10_000,
    roundTripMs: 40,
    connectMs: 200,
    rate: 8_000_000,
  },
  ...changes,
});

const chosen = (...parameters: Parameters<typeof choosePlace<Named>>) => {
  const choice = choosePlace(...parameters);
  return choice?.candidate === 'dial' ? 'dial' : choice?.candidate.name;
};
const playback = { lane: 'playback', bytes: 700_000, verb: 'body' } as const;
const prefetch = { ...playback, lane: 'prefetch' } as const;
const background = { ...playback, lane: 'background' } as const;
const sweep = { lane: 'background', bytes: 0, verb: 'stat' } as const;
const busy = { bodies: 1, outstandingBytes: 700_000 };

describe('the choice of a place', () => {
  it('gives playback the soonest first byte', () => {
    const behind = candidate('behind', { ...busy, outstandingBytes: 400_000 });
    expect(chosen(view([candidate('far', busy), behind]), playback)).toBe('behind');
    expect(chosen(view([behind, candidate('idle')]), playback)).toBe('idle');
    // 50 ms behind half an article beats 200 ms for a new connection; a whole queue does not.
    expect(chosen(view([behind], { mayDial: true }), playback)).toBe('behind');
    const long = candidate('long', { bodies: 1, outstandingBytes: 4_000_000 });
    expect(chosen(view([long], { mayDial: true }), playback)).toBe('dial');
  });

  it('avoids a connection that stands still, however little is outstanding on it', () => {
    const stuck = candidate('stuck', { ...busy, awaitedSinceMs: 9000 });
    const loaded = candidate('loaded', { bodies: 1, outstandingBytes: 2_000_000, awaitedSinceMs: 9950 });
    expect(chosen(view([stuck, loaded]), playback)).toBe('loaded');
    expect(chosen(view([stuck, loaded]), prefetch)).toBe('loaded');
    expect(chosen(view([{ ...stuck, awaitedSinceMs: 9900 }, loaded]), playback)).toBe('stuck');
  });

  it('says how soon that is', () => {
    const choice = choosePlace(view([candidate('a', { bodies: 1, outstandingBytes: 800_000 })]), playback);
    expect(choice?.expectedFirstByteMs).toBeCloseTo(140);
    const dialling = candidate('b', { state: 'dialling', ageMs: 150 });
    expect(choosePlace(view([dialling]), playback)?.expectedFirstByteMs).toBeCloseTo(90);
  });

  it('gives no more places than the depth', () => {
    expect(chosen(view([candidate('full', { bodies: 2 })]), playback)).toBeUndefined();
    expect(chosen(view([candidate('dialling', { state: 'dialling', bodies: 1 })]), playback)).toBeUndefined();
    expect(chosen(view([candidate('closing', { state: 'closing' })]), playback)).toBeUndefined();
  });

  it('spreads everybody else over connections before asking ahead', () => {
    expect(chosen(view([candidate('busy', busy)], { mayDial: true }), prefetch)).toBe('dial');
    expect(chosen(view([candidate('busy', busy)]), prefetch)).toBe('busy');
  });

  it('keeps a tenth of the connections free of bulk work', () => {
    const bulk = Array.from({ length: 9 }, (_, at) => candidate(`bulk${at}`, { ...busy, bodies: 2, bulk: true }));
    expect(chosen(view([...bulk, candidate('free')]), background)).toBeUndefined();
    expect(chosen(view([...bulk, candidate('free')]), prefetch)).toBe('free');
    expect(chosen(view(bulk, { mayDial: true }), background)).toBeUndefined();
    expect([1, 2, 5, 10, 11, 50].map(bulkConnections)).toEqual([1, 1, 4, 9, 9, 45]);
  });

  it('never asks ahead for bulk work where playback is, nor on an only connection', () => {
    expect(chosen(view([candidate('watched', { ...busy, playback: true })]), background)).toBeUndefined();
    expect(chosen(view([candidate('only', { ...busy, bulk: true })], { limit: 1 }), background)).toBeUndefined();
    expect(chosen(view([candidate('only', { ...busy, bulk: true })], { limit: 1 }), playback)).toBe('only');
  });

  it('sends sweeps where no bodies are, unless there is one connection only', () => {
    expect(chosen(view([candidate('busy', busy), candidate('idle')]), sweep)).toBe('idle');
    expect(chosen(view([candidate('busy', busy)]), sweep)).toBeUndefined();
    expect(chosen(view([candidate('busy', busy)], { mayDial: true }), sweep)).toBe('dial');
    expect(chosen(view([candidate('only', busy)], { limit: 1 }), sweep)).toBe('only');
    expect(chosen(view([candidate('swept', { sweeps: 1 })], { limit: 1 }), sweep)).toBeUndefined();
  });

  it('finds refuge on an open connection, however full', () => {
    const full = candidate('full', { bodies: 4, outstandingBytes: 3_000_000 });
    expect(chooseRefuge(view([candidate('dialling', { state: 'dialling' }), full]))?.candidate).toBe(full);
    expect(chooseRefuge(view([candidate('closing', { state: 'closing' })]))).toBeUndefined();
  });
});
