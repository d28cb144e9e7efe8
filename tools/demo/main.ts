import { main } from './src/demo.ts';

process.exitCode = 1;
process.exitCode = await main(process.argv.slice(2));
