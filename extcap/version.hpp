// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#ifndef WSCAP_VERSION
#define WSCAP_VERSION "0.1.0"
#endif
