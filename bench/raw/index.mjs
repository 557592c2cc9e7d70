import { idle } from './idle.mjs';
import { memory } from './memory.mjs';
import { raw } from './raw.mjs';
import { nzbget } from './round-trip.mjs';
import { stat } from './stat.mjs';

/** The scenarios of this folder, in the order they are run. */
export default [idle, raw, nzbget, memory, stat];
