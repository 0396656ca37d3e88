// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel of x86_64 is told of EFI: in boot_params, where firmware's system
 * table is, and a memory map; in setup_data, what of that table can't be read any
 * more since firmware works with virtual addresses.  These stay what they are: the
 * memory map is that of the running kernel's own mappings.
 *
 *	0x00	setup_data: next, type, len
 *	0x10	struct efi_setup_data
 *	0x70	the memory map, an EFI_MEMORY_DESCRIPTOR each
 *
 * Where firmware has a device tree for the kernel, that has all of it.
 */
#include <string.h>

#include "boot_image.h"

#define EFI_INFO		0x1c0	/* of boot_params */
#define EFI_MEMDESC_SIZE	0x1c8
#define EFI_MEMMAP		0x1d0
#define EFI_MEMMAP_SIZE		0x1d4
#define EFI_MEMMAP_HI		0x1dc
#define EFI_INFO_END		0x1e0
#define SECURE_BOOT		0x1ec

#define SETUP_EFI		4
#define SETUP_DATA_SIZE		96
#define MAP			0x70

/* EFI_MEMORY_DESCRIPTOR; firmware says how large it is. */
#define DESC_TYPE		0
#define DESC_PHYS		8
#define DESC_VIRT		16
#define DESC_PAGES		24
#define DESC_ATTRIBUTE		32
#define DESC_SIZE		40

static __u64 desc_size(const struct boot *boot)
{
	return get_le(boot->params.data + EFI_MEMDESC_SIZE, 4);
}

/**
 * efi_size - how much room it needs to tell a kernel of EFI
 * @boot: what is known of the machine
 *
 * Return: bytes; 0 if there is nothing to tell.
 */
__u64 efi_size(const struct boot *boot)
{
	if (!boot->efi.nr_regions || boot->params.size <= SECURE_BOOT ||
	    memcmp(boot->params.data + EFI_INFO, "EL64", 4) ||
	    desc_size(boot) < DESC_SIZE || desc_size(boot) > 4 * KIB)
		return 0;
	return MAP + boot->efi.nr_regions * desc_size(boot);
}

/**
 * fill_efi - tell a kernel of EFI
 * @boot: what is known of the machine; efi_size() isn't 0
 * @params: the kernel's boot_params
 * @data: efi_size() bytes, all 0
 * @phys: where these are going to lie; what comes next in setup_data is up to the
 *	caller, who has to link them there
 */
void fill_efi(const struct boot *boot, unsigned char *params,
	      unsigned char *data, __u64 phys)
{
	const struct boot_efi *efi = &boot->efi;
	int i;

	put_le(data + 8, 4, SETUP_EFI);
	put_le(data + 12, 4, SETUP_DATA_SIZE);
	put_le(data + 16, 8, efi->fw_vendor);
	put_le(data + 32, 8, efi->config_table);
	put_le(data + 40, 8, efi->smbios);

	for (i = 0; i < efi->nr_regions; i++) {
		const struct boot_efi_region *region = &efi->region[i];
		unsigned char *desc = data + MAP + i * desc_size(boot);

		put_le(desc + DESC_TYPE, 4, region->type);
		put_le(desc + DESC_PHYS, 8, region->phys);
		put_le(desc + DESC_VIRT, 8, region->virt);
		put_le(desc + DESC_PAGES, 8, region->pages);
		put_le(desc + DESC_ATTRIBUTE, 8, region->attribute);
	}

	memcpy(params + EFI_INFO, boot->params.data + EFI_INFO,
	       EFI_INFO_END - EFI_INFO);
	put_le(params + EFI_MEMMAP, 4, phys + MAP);
	put_le(params + EFI_MEMMAP_HI, 4, (phys + MAP) >> 32);
	put_le(params + EFI_MEMMAP_SIZE, 4, efi_size(boot) - MAP);
	params[SECURE_BOOT] = boot->params.data[SECURE_BOOT];
}
