import { describe } from 'vitest';
import { opens } from './opens.js';
import { plain } from './shapes.js';

describe('files as they are posted', () => opens(plain));
