import { writeContinuously } from './src/continuous-writer/write-continuously.ts';

process.exitCode = 1;
await writeContinuously(process.stdin, process.stdout);
process.exitCode = 0;
