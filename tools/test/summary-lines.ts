import type { StageResult } from './run-stage.ts';

/** Longest line of an error in the summary; the whole of it stands above and in the log. */
const longest = 300;

const slowestShown = 10;

/**
 * The end of a run, for whoever sees nothing else: the slowest cases, what failed, why and where its output lies, and
 * as the last line, alone, how many passed and failed.
 * @param broken - What kept the run itself from its work.
 */
export function summaryLines(results: readonly StageResult[], broken?: string): string[] {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failures.length, broken === undefined ? 0 : 1);
  return [
    ...slowestCases(results),
    ...results.filter(({ failures }) => failures.length > 0).flatMap(failedStage),
    ...(broken === undefined ? [] : [`failed: the test run itself: ${broken}`]),
    `${passed} passed, ${failed} failed`,
  ];
}

function slowestCases(results: readonly StageResult[]): string[] {
  const slowest = results
    .flatMap(({ name, cases }) => cases.map(({ title, duration }) => ({ name, title, duration })))
    .toSorted((one, other) => other.duration - one.duration)
    .slice(0, slowestShown);
  if (slowest.length === 0) return [];
  return [
    'the slowest cases:',
    ...slowest.map(
      ({ name, title, duration }) => `${(duration / 1000).toFixed(1).padStart(8)} s  ${name}: ${title}`,
    ),
  ];
}

function failedStage({ name, failures, log }: StageResult): string[] {
  return [
    ...failures.flatMap(({ title, text }) => [`failed: ${name}: ${title}`, ...reasons(text)]),
    `  the whole output: ${log}`,
  ];
}

/** The first line of the error and of each that led to it. */
function reasons(text: string): string[] {
  const [first, ...more] = text.split('\n').filter((line) => line.trim() !== '');
  if (first === undefined) return [];
  return [first, ...more.filter((line) => line.startsWith('caused by: '))].map(
    (line) => `    ${line.length > longest ? `${line.slice(0, longest)}…` : line}`,
  );
}
