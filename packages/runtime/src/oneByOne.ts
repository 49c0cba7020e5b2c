// Work that must not overlap: each begins when the one before has ended, well or not.

/** Runs what it is given in the order of the calls. It keeps no result: those of engines are large. */
export function oneByOne(): <T>(work: () => T | Promise<T>) => Promise<T> {
  let last: Promise<void> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    const ended = () => {};
    last = result.then(ended, ended);
    return result;
  };
}
