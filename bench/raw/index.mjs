import { idle } from './idle.mjs';
import { memory } from './memory.mjs';
import { nzb } from './nzb.mjs';
import { raw } from './raw.mjs';
import { nzbget } from './round-trip.mjs';
import { stat } from './stat.mjs';

/** The scenarios of this folder, in the order they are run. */
export default [idle, raw, nzbget, memory, stat, nzb].map((scenario) => ({
  ...scenario,
  async run(options) {
    const rows = await scenario.run(options);
    // A smoke run says nothing about speed: what is asked for there would only mislead.
    return options.smoke ? rows.map((row) => ({ ...row, bar: undefined })) : rows;
  },
}));
