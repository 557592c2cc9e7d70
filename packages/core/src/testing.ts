/**
 * What people test their own parts with: conformance suites and doubles.
 * @packageDocumentation
 */
export { type ManualClock, manualClock } from './util/clock.js';
