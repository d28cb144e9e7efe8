export { run } from './run.ts';
export type { ProgramContext } from './program-context.ts';
