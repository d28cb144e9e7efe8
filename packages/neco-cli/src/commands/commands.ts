import { ApplicationListCommand } from './application-list-command.ts';
import { ApplicationRemoveCommand } from './application-remove-command.ts';
import { CaHashCommand } from './ca-hash-command.ts';
import { CompletionCommand } from './completion-command.ts';
import { InitCommand } from './init-command.ts';
import { InitLocalCommand } from './init-local-command.ts';
import { JoinCommand } from './join-command.ts';
import { LeaveCommand } from './leave-command.ts';
import { MemberListCommand } from './member-list-command.ts';
import { PreflightCommand } from './preflight-command.ts';
import { ResetCommand } from './reset-command.ts';
import { SetupCommand } from './setup-command.ts';
import { SetupSecretCommand } from './setup-secret-command.ts';
import { SiteCheckCommand } from './site-check-command.ts';
import { SiteInitCommand } from './site-init-command.ts';
import { StatusCommand } from './status-command.ts';
import { SupportBundleCommand } from './support-bundle-command.ts';
import { VaultStatusCommand } from './vault-status-command.ts';
import { VaultUnsealCommand } from './vault-unseal-command.ts';
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
