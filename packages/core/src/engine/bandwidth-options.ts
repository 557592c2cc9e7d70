import { z } from 'zod';

const bytesPerSecond = () =>
  z
    .custom<number>((value) => typeof value === 'number' && value > 0, 'must be a number of bytes per second above 0')
    .optional();

/** Checks {@link BandwidthLimits}. */
export const bandwidthSchema = z.strictObject({
  maxBytesPerSecond: bytesPerSecond(),
  lanes: z
    .strictObject({
      playback: bytesPerSecond(),
      prefetch: bytesPerSecond(),
      import: bytesPerSecond(),
      background: bytesPerSecond(),
    })
    .optional(),
  providers: z.record(z.string(), bytesPerSecond()).optional(),
});
