export * from './archive-errors.js';
export * from './article-errors.js';
export * from './catalog-errors.js';
export { type ErrorCode, errorCodes } from './codes.js';
export * from './input-errors.js';
export * from './lifecycle-errors.js';
export { hasCode, NewsreelError, type NewsreelErrorInit } from './newsreel-error.js';
export * from './provider-errors.js';
