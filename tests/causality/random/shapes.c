// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

const char *const shape_names[SHAPE_MAX] = {
#define SHAPE(name) [SHAPE_##name] = #name,
	SHAPES(SHAPE)
#undef SHAPE
};
