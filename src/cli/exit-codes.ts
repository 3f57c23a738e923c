/** Exit codes of every command: 64 to 78 as in `sysexits.h`, so that service managers understand them. */
export const EXIT = {
  success: 0,
  /** The thing checked is not fine: errors found, token refused, unhealthy. */
  notFine: 1,
  /** Wrong usage (EX_USAGE). */
  usage: 64,
  /** The running gateway, or a key server, cannot be reached (EX_UNAVAILABLE). */
  unavailable: 69,
  /** A fault of ours (EX_SOFTWARE). */
  defect: 70,
  /** A port cannot be bound or a key cannot be read (EX_OSERR). */
  system: 71,
  /** Refused to start: the configuration is not valid (EX_CONFIG). */
  configuration: 78,
  /** Second SIGINT. */
  interrupted: 130,
  /** SIGQUIT. */
  quit: 131,
} as const satisfies Readonly<Record<string, number>>

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
