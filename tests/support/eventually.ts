const POLL_INTERVAL_MS = 10;

/**
 * Repeats an assertion until it holds; at the deadline its last failure is the test's.
 *
 * For what another process or a socket does: there is no event to wait for on this side.
 */
export async function eventually(
  assertion: () => void | Promise<void>,
  deadlineMs = 10_000,
): Promise<void> {
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (performance.now() > endsAt) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_INTERVAL_MS);
    });
  }
}
