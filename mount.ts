export const mountOnLinux = async () => { throw new Error('stub'); };
