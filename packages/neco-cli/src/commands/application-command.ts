import { Option } from 'clipanion';
import { exitStatus, type EtcdOptions } from '@neco/core';
import type { AskVaultUser } from '@neco/cluster-access';
import type * as applicationOperations from '@neco/applications';
import { createReporter } from '../reporters/create-reporter.ts';
import type { OperationReporter } from '../reporters/operation-reporter.ts';
import { requireRoot } from '../require-root.ts';
import { VaultUserCommand } from './vault-user-command.ts';

/** What all operations on one application are told. */
interface ApplicationMeans {
  name: string;
  etcd: Partial<EtcdOptions>;
  dryRun: boolean;
  vaultUser: AskVaultUser;
  reporter: OperationReporter;
  signal: AbortSignal;
}

interface ApplicationChange<T> {
  /** This command without the name, as in `neco init`. */
  command: string;
  /** Who is asked for, as in "an administrator of Vault". */
  asked: string;
  run: (operations: typeof applicationOperations, means: ApplicationMeans) => Promise<T>;
  /** What is said at the end, unless it was a dry run. */
  ended: (result: T) => string;
}

/** The options of a command that changes one application, and how it runs and ends. */
export abstract class ApplicationCommand extends VaultUserCommand {
  dryRun = Option.Boolean('--dry-run', false, { description: 'Say what would change, and change nothing.' });
  name = Option.String({ name: 'NAME' });

  /** @throws NecoError USAGE, APPLICATION_NAME_INVALID, NOT_ROOT, and what `run` throws */
  protected async change<T extends { changed: boolean }>({
    command,
    asked,
    run,
    ended,
  }: ApplicationChange<T>): Promise<number> {
    const { name, dryRun } = this;
    const etcd = this.etcdFlags();
    const operations = await import('@neco/applications');
    operations.checkApplicationName(name);
    requireRoot(`${command} ${name}`);
    const reporter = createReporter(this);
    const { signal } = this.context;
    try {
      const vaultUser = this.asked(reporter, asked);
      const result = await run(operations, { name, etcd, dryRun, vaultUser, reporter, signal });
      const text = dryRun ? 'nothing was changed: this was a dry run' : ended(result);
      reporter.end({ changed: result.changed, text });
    } finally {
      reporter.close();
    }
    return exitStatus.done;
  }
}
