import { recipe } from '../../tsup.base.js';

export default recipe({ index: 'src/index.ts', internal: 'src/internal.ts', testing: 'src/testing.ts' });
