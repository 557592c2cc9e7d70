import { recipe } from '../../tsup.base.js';

// What runs in a thread of its own must be a file of its own.
export default recipe({ index: 'src/index.ts', reader: 'src/device/reader.ts', alarm: 'src/device/alarm.ts' });
