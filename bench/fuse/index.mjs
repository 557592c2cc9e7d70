import { soak } from './soak.mjs';
import { throughput } from './throughput.mjs';

/** The scenarios of this folder, in the order they are run. */
export default [throughput, soak];
