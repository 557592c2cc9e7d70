// A process of its own for measurements of a whole process: node child.mjs <module>. The module's default export is
// called with the first message from the parent; what it resolves to is sent back.
const { default: job } = await import(process.argv[2]);
process.once('message', async (input) => {
  process.send(await job(input), () => process.exit(0));
});
process.send('ready');
