// A process of its own for measurements of a whole process: node child.mjs <module> <JSON>. The module's default export
// is called with the JSON; what it resolves to goes back to the parent.
const [, , module, input] = process.argv;
const { default: job } = await import(module);
process.send?.(await job(JSON.parse(input ?? '{}')), () => process.exit(0));
