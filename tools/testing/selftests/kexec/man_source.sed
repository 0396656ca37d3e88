# SPDX-License-Identifier: GPL-2.0-only
#
# sed -n -f man_source.sed PAGE - the program in a manual page, as it is printed.
# Man-pages mark one by comments, "SRC BEGIN (name)" and "SRC END".

/^\.\\" SRC BEGIN/,/^\.\\" SRC END/ {
	/^\./d
	s/\\-/-/g
	s/\\\[aq]/'/g
	s/\\\[ga]/`/g
	s/\\\[ha]/^/g
	s/\\\[ti]/~/g
	s/\\\[rs]/\\/g
	p
}
