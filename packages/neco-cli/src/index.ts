export { necoManPage } from './manual/neco-man-page.ts';
export { run } from './run.ts';
export type { ProgramContext } from './program-context.ts';
