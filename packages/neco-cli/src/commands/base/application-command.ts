import { Option } from 'clipanion';
import type { EtcdOptions } from '@neco/core';
import type { AskVaultUser } from '@neco/cluster-access';
import type * as applicationOperations from '@neco/applications';
import type { OperationReporter } from '../../reporters/operation-reporter.ts';
import { requireRoot } from '../../require-root.ts';
import { dryRunEnded } from './neco-command.ts';
import { VaultUserCommand } from './vault-user-command.ts';

/** What every operation on one application takes. */
interface ApplicationMeans {
  name: string;
  etcd: Partial<EtcdOptions>;
  dryRun: boolean;
  vaultUser: AskVaultUser;
  reporter: OperationReporter;
  signal: AbortSignal;
}

interface ApplicationChange<T> {
  /** This command without the application name, such as `neco init`. */
  command: string;
  /** Whose log-in is needed, such as "Vault administrator". */
  asked: string;
  run: (operations: typeof applicationOperations, means: ApplicationMeans) => Promise<T>;
  /** The closing line, except after a dry run. */
  ended: (result: T) => string;
}

/** Base of the commands that change one application: their options, how they run and how they end. */
export abstract class ApplicationCommand extends VaultUserCommand {
  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would change, without changing it.',
  });
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
    return this.report(async (reporter) => {
      const { signal } = this.context;
      const vaultUser = this.asked(reporter, asked);
      const result = await run(operations, { name, etcd, dryRun, vaultUser, reporter, signal });
      const text = dryRun ? dryRunEnded : ended(result);
      return { changed: result.changed, text };
    });
  }
}
