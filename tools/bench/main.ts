import { main } from './src/bench.ts';

process.exitCode = 1;
process.exitCode = await main(process.argv.slice(2));
