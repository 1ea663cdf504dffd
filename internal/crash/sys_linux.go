package crash

import (
	"os"
	"syscall"
)

// allocate gives f its size and all its memory: a sparse file would end the process
// with a fault when the file system is full.
func allocate(f *os.File, size int64) error {
	for {
		if err := syscall.Fallocate(int(f.Fd()), 0, 0, size); err != syscall.EINTR {
			return err
		}
	}
}

// release gives the memory of f back and leaves its size as it is.
func release(f *os.File, size int64) error {
	const keepSize, punchHole = 1, 2
	return syscall.Fallocate(int(f.Fd()), keepSize|punchHole, 0, size)
}

// Magic numbers of file systems, from statfs(2).
var fileSystems = map[uint32]kind{
	0x01021994: memory,  // tmpfs
	0x858458f6: memory,  // ramfs
	0x6969:     network, // NFS
	0xff534d42: network, // CIFS
	0xfe534d42: network, // SMB 2
	0x517b:     network, // SMB
	0x01021997: network, // 9P
	0x65735546: network, // FUSE, which may be anything
	0x5346414f: network, // AFS
	0x00c36400: network, // Ceph
	0x0bd00bd0: network, // Lustre
	0x01161970: network, // GFS2
}

func fileSystem(dir string) (kind, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return disk, err
	}
	if k, ok := fileSystems[uint32(st.Type)]; ok {
		return k, nil
	}
	return disk, nil
}
