import { raw } from './raw.mjs';

/** The scenarios of this folder, in the order they are run. */
export default [raw];
