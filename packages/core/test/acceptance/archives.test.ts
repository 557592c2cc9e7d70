import { describe } from 'vitest';
import { opens } from './opens.js';
import { others, sevenZip } from './shapes.js';

describe('7z', () => opens(sevenZip));
describe('ZIP, archives in archives, seasons', () => opens(others));
