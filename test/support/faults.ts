/** What a faulty worker does with a batch, told by the batch's cost. */
export const FAULT = {
  none: 1,
  /** Ends the thread, the first time that this batch comes to a worker. */
  exitOnce: 1001,
  exitAlways: 1002,
  throwOnce: 1003,
  throwAlways: 1004,
  /** Answers something else than what was asked. */
  nonsense: 1005,
} as const;
