import { describe } from 'vitest';
import { opens } from './opens.js';
import { rar } from './shapes.js';

describe('RAR', () => opens(rar));
