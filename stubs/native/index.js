throw new Error('A TPM can be used on Linux only here: ffi-napi and ref-napi are left out.');
