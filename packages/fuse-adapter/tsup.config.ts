import { recipe } from '../../tsup.base.js';

// The reader runs in a thread of its own and must be a file of its own.
export default recipe({ index: 'src/index.ts', reader: 'src/device/reader.ts' });
