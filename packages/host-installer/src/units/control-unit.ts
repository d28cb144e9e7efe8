import type { EnableOptions, StartOptions, TransientOptions } from '../host-writer.ts';
import { runCommand, type CommandOptions, type CommandResult } from '../run-command.ts';
import { syncUnitLinks } from './sync-unit-links.ts';
import { unitError } from './unit-error.ts';
import { unitState } from './unit-state.ts';

/** A unit may take its time to start or stop; systemd's own limits end that, not ours. */
const noLimit: CommandOptions = { timeout: Infinity };

/**
 * Has systemd do something with a unit, or with several at once, see systemctl(1). Stopping the wait does not take the job back.
 * @throws NecoError SERVICE_FAILED with the end of the unit's log; CANCELLED
 */
export async function controlUnit(
  verb: 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable' | 'reset-failed',
  name: string | readonly string[],
  options: Partial<StartOptions & EnableOptions> = {},
): Promise<void> {
  const { block = true, alone = false, reload = true, signal } = options;
  const names = typeof name === 'string' ? [name] : name;
  const argv = [
    verb,
    '--quiet',
    '--no-pager',
    '--no-ask-password',
    ...(block ? [] : ['--no-block']),
    ...(alone ? ['--job-mode=ignore-dependencies'] : []),
    ...(reload ? [] : ['--no-reload']),
    '--',
    ...names,
  ];
  const { exitCode, stderr } = await runCommand('systemctl', argv, {
    ...noLimit,
    ...(signal ? { signal } : {}),
  });
  if (exitCode === 0) {
    if (verb === 'enable' || verb === 'disable') await syncUnitLinks();
    return;
  }
  throw await unitError(names[0] ?? '', `cannot ${verb} ${names.join(' and ')}: ${firstLine(stderr)}`);
}

/** Has systemd read its unit files again. @throws NecoError SERVICE_FAILED */
export async function reloadDaemon(): Promise<void> {
  const { exitCode, stderr } = await runCommand('systemctl', ['daemon-reload', '--no-pager']);
  if (exitCode !== 0)
    throw await unitError('init.scope', `systemd does not read its unit files: ${firstLine(stderr)}`);
}

/**
 * The environment of a transient unit: what is set on systemd's manager, such as a proxy, is none of its business. systemd
 * puts in the variables, all of which it sets itself.
 */
const ownEnvironment = [
  '/usr/bin/env',
  '-i',
  'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/nonexistent',
  'NOTIFY_SOCKET=${NOTIFY_SOCKET}',
  'INVOCATION_ID=${INVOCATION_ID}',
];

/**
 * Starts a command, with an environment of its own, as a unit that is gone when it ends or at the next boot, see systemd-run(1); one of that name from
 * before is stopped first. @throws NecoError SERVICE_FAILED, CANCELLED
 */
export async function startTransient(
  unit: string,
  argv: readonly string[],
  options: TransientOptions = {},
): Promise<void> {
  const { user, properties = {}, signal } = options;
  const settings = Object.entries(properties).flatMap(([name, values]) =>
    [values].flat().map((value) => `--property=${name}=${value}`),
  );
  const run = [
    '--quiet',
    '--collect',
    `--unit=${unit}`,
    ...settings,
    ...(user === undefined ? [] : [`--uid=${user}`]),
    '--',
    ...ownEnvironment,
    ...argv,
  ];
  const start = (): Promise<CommandResult> =>
    runCommand('systemd-run', run, { ...noLimit, ...(signal ? { signal } : {}) });
  let { exitCode, stderr } = await start();
  // Hardly ever is there one of before, so it is looked for only when it is in the way.
  if (exitCode !== 0 && (await unitState(unit)).load === 'loaded') {
    await controlUnit('stop', unit, signal ? { signal } : {});
    if ((await unitState(unit)).load !== 'not-found') await controlUnit('reset-failed', unit);
    ({ exitCode, stderr } = await start());
  }
  if (exitCode !== 0) throw await unitError(unit, `cannot start ${unit}: ${firstLine(stderr)}`);
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
