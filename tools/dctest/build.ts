import { DataCenter } from './src/data-center.ts';

// What most scenarios stand on: made before they begin, so that none of them waits for it.
process.exitCode = 1;
const dataCenter = await DataCenter.up({
  name: `pd${process.pid}`,
  setup: true,
  replace: true,
  say: (line) => void process.stderr.write(`${line}\n`),
});
await dataCenter.down();
process.exitCode = 0;
