import type { NecoError } from '@neco/core';

/** The state of one Vault. Most requests need the active one, or a standby, which forwards them. */
export type VaultState =
  | { state: 'active' | 'standby' | 'uninitialized'; version: string }
  | {
      state: 'sealed';
      version: string;
      /** How many unseal keys were given so far. */
      progress: number;
      /** How many unseal it, */
      threshold: number;
      /** and how many there are. */
      shares: number;
    }
  /** Its initialisation was cut short: it holds nothing, and its keys are lost. */
  | { state: 'half-initialized' };

/** As VaultState, for a Vault that may not answer, or whose certificate may not be trusted. */
export type VaultProbe = VaultState | { state: 'unreachable'; error: NecoError };
