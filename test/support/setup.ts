/** Properties are tried on the same cases in every run; JP2KIT_SEED asks for others. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.JP2KIT_SEED ?? 15444) });
