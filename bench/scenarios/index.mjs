import { click } from './click.mjs';
import { importing } from './import.mjs';
import { b1, b7, cold } from './open.mjs';
import { b3 } from './seeks.mjs';
import { b2 } from './sequential.mjs';
import { sets } from './sets.mjs';
import { simulatorScenario } from './simulator.mjs';
import { b4, b5, twoReaders } from './streams.mjs';
import { b6, stall2 } from './trouble.mjs';
import { b8, b9, b10, b11 } from './windows.mjs';

/** The scenarios of this folder, in the order they are run. */
export default [
  simulatorScenario,
  b1,
  cold,
  b2,
  b3,
  b4,
  b5,
  twoReaders,
  b6,
  b7,
  stall2,
  b8,
  b9,
  b10,
  b11,
  importing,
  click,
  sets,
];
