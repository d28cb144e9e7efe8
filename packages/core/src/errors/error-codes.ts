/** Exit statuses of the neco programs. Their meanings never change. */
export const exitStatus = {
  done: 0,
  failed: 1,
  usage: 2,
  preflight: 3,
  refused: 4,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/**
 * Every error code of neco with its exit status. Codes never change their meaning and are never removed; new ones are
 * added at the end. The README of neco-cli explains each code.
 */
export const errorCodes = {
  USAGE: exitStatus.usage,
  LRN_INVALID: exitStatus.usage,
  LRN_LIST_INVALID: exitStatus.usage,
  NOT_ROOT: exitStatus.usage,
  NO_TERMINAL: exitStatus.usage,
  CONFIG_MISSING: exitStatus.usage,
  CONFIG_UNREADABLE: exitStatus.usage,
  CONFIG_INVALID: exitStatus.usage,
  SECRET_INVALID: exitStatus.usage,
  SECRET_FILE_UNSAFE: exitStatus.usage,
  PASSWORD_INVALID: exitStatus.usage,
  PREFLIGHT_FAILED: exitStatus.preflight,
  RENDEZVOUS_REFUSED: exitStatus.preflight,
  TIMEOUT: exitStatus.failed,
  CANCELLED: exitStatus.failed,
  BUSY: exitStatus.failed,
  INTERNAL: exitStatus.failed,
  COMMAND_FAILED: exitStatus.failed,
  FILE_FAILED: exitStatus.failed,
  PACKAGE_FAILED: exitStatus.failed,
  SERVICE_FAILED: exitStatus.failed,
  ETCD_UNREACHABLE: exitStatus.failed,
  ETCD_UNAUTHENTICATED: exitStatus.failed,
  ETCD_PERMISSION_DENIED: exitStatus.failed,
  ETCD_NO_LEADER: exitStatus.failed,
  ETCD_CONFLICT: exitStatus.failed,
  ETCD_FAILED: exitStatus.failed,
  VAULT_UNREACHABLE: exitStatus.failed,
  VAULT_SEALED: exitStatus.failed,
  VAULT_UNINITIALIZED: exitStatus.failed,
  VAULT_PERMISSION_DENIED: exitStatus.failed,
  VAULT_FAILED: exitStatus.failed,
  RECORD_INVALID: exitStatus.failed,
  CERTIFICATE_INVALID: exitStatus.failed,
  KEY_MISMATCH: exitStatus.refused,
  FOREIGN_DATA: exitStatus.refused,
  QUORUM_AT_RISK: exitStatus.refused,
  VERIFICATION_FAILED: exitStatus.failed,
  CONFIG_EXISTS: exitStatus.refused,
  RENDEZVOUS_UNREACHABLE: exitStatus.failed,
  APPLICATION_NAME_INVALID: exitStatus.usage,
  APPLICATION_UNKNOWN: exitStatus.failed,
  LOGIN_REFUSED: exitStatus.failed,
  CA_MISMATCH: exitStatus.refused,
  BOOT_SERVER_UNKNOWN: exitStatus.failed,
  VAULT_HALF_INITIALIZED: exitStatus.failed,
  LOGIN_BLOCKED: exitStatus.failed,
  VAULT_AUDIT_FAILED: exitStatus.failed,
} as const satisfies Record<string, ExitStatus>;

export type ErrorCode = keyof typeof errorCodes;
