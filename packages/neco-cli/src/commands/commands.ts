import { ApplicationListCommand } from './application/application-list-command.ts';
import { ApplicationRemoveCommand } from './application/application-remove-command.ts';
import { CaHashCommand } from './cluster/ca-hash-command.ts';
import { CompletionCommand } from './completion-command.ts';
import { EtcdRecoverSpaceCommand } from './cluster/etcd-recover-space-command.ts';
import { EtcdRepairAccessCommand } from './cluster/etcd-repair-access-command.ts';
import { EtcdRemoveCorruptCommand } from './cluster/etcd-remove-corrupt-command.ts';
import { InitCommand } from './application/init-command.ts';
import { InitLocalCommand } from './application/init-local-command.ts';
import { JoinCommand } from './cluster/join-command.ts';
import { LeaveCommand } from './cluster/leave-command.ts';
import { MemberListCommand } from './cluster/member-list-command.ts';
import { MemberRemoveCommand } from './cluster/member-remove-command.ts';
import { PreflightCommand } from './cluster/preflight-command.ts';
import { ResetCommand } from './cluster/reset-command.ts';
import { SetupCommand } from './cluster/setup-command.ts';
import { SetupSecretCommand } from './setup-secret-command.ts';
import { SiteCheckCommand } from './site/site-check-command.ts';
import { SiteInitCommand } from './site/site-init-command.ts';
import { StatusCommand } from './cluster/status-command.ts';
import { SupportBundleCommand } from './cluster/support-bundle-command.ts';
import { VaultStatusCommand } from './vault/vault-status-command.ts';
import { VaultUnsealCommand } from './vault/vault-unseal-command.ts';
import { VersionCommand } from './version-command.ts';

/** Every command of neco. Parsing, help, completion and error messages all derive from this list. */
export const commands = [
  SetupCommand,
  PreflightCommand,
  StatusCommand,
  VersionCommand,
  InitCommand,
  InitLocalCommand,
  JoinCommand,
  LeaveCommand,
  ResetCommand,
  CaHashCommand,
  MemberListCommand,
  MemberRemoveCommand,
  EtcdRecoverSpaceCommand,
  EtcdRepairAccessCommand,
  EtcdRemoveCorruptCommand,
  VaultStatusCommand,
  VaultUnsealCommand,
  ApplicationListCommand,
  ApplicationRemoveCommand,
  SupportBundleCommand,
  SetupSecretCommand,
  SiteInitCommand,
  SiteCheckCommand,
  CompletionCommand,
] as const;
