import { describe, it } from 'vitest';
import { catalogSuite, memoryCatalog } from '../../src/testing.js';

catalogSuite({
  describe,
  it,
  async create(files) {
    const catalog = memoryCatalog(files);
    return { catalog, edits: catalog, close: () => catalog.close() };
  },
});
